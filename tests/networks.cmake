# Whole networks: stored values lie in the sources, Fashion-MNIST's files are gzipped, and ONNX's own tests go through the program.
target_compile_definitions(winocl_support PRIVATE WINOCL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
pkg_check_modules(TEST_ZLIB REQUIRED IMPORTED_TARGET zlib)
target_link_libraries(test_end_to_end PRIVATE PkgConfig::TEST_ZLIB)
if(TARGET winocl_program)
  add_test(NAME onnx_backend COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/backend.sh $<TARGET_FILE:winocl_program>
    ${CMAKE_CURRENT_SOURCE_DIR}/data/backend_expected.txt)
  set_tests_properties(onnx_backend PROPERTIES SKIP_RETURN_CODE 77)
endif()
