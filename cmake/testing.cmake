# What every test's environment has. Before the folders that add tests.
set(WINOCL_TEST_ENVIRONMENT XDG_CACHE_HOME=${PROJECT_BINARY_DIR}/cache) # nothing goes to the user's own
if(WINOCL_SANITIZE)
  # A damaged file may ask for more memory than there is. Some ICDs open libraries in a way that AddressSanitizer does not allow.
  list(APPEND WINOCL_TEST_ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1 OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
    LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0 UBSAN_OPTIONS=print_stacktrace=1)
endif()
