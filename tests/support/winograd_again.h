/* Forgets cl/conv/winograd.clh, so that it can be included for another WINO_M. No include guard: it is meant
 * to be included again. */
#undef WCL_WINOGRAD_CLH
#undef WINO_M
#undef WINO_TILE
#undef WINO_XI
#undef WINO_BT
#undef WINO_G
#undef WINO_AT
#undef WINO_P
#undef WINO_Q
