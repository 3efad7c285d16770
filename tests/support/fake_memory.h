/* Allocations of winocl's and the tests' own objects, counted and made to fail (ld --wrap): those of drivers
 * and libraries are not touched. */
#ifndef WCL_TESTS_FAKE_MEMORY_H
#define WCL_TESTS_FAKE_MEMORY_H

#include <stdbool.h>

/* The nth allocation from now (1: the next) has no memory; 0: none fails. `rest`: neither have those after
 * it. */
void fake_memory_fail(int nth, bool rest);
int fake_memory_calls(void);   /* since fake_memory_fail */
bool fake_memory_failed(void); /* whether the nth came */
/* Allocations that nobody has freed yet. Only differences mean something: what a library allocated and our
 * objects freed counts too. */
int fake_memory_live(void);

#endif
