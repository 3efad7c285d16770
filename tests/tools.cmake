# Tests of the program: its pictures, in C, and all of it from a shell.
if(TARGET winocl_program)
  target_link_libraries(test_image PRIVATE winocl_image)
  target_link_libraries(test_orientation PRIVATE winocl_image)
  target_link_libraries(test_picture PRIVATE winocl_image)
  add_executable(json_check ${CMAKE_CURRENT_SOURCE_DIR}/json_check.c)
  target_link_libraries(json_check PRIVATE winocl_flags PkgConfig::CJSON)
  add_test(NAME program COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/program.sh $<TARGET_FILE:winocl_program> $<TARGET_FILE:json_check>
    ${PROJECT_SOURCE_DIR})
  set_tests_properties(program PROPERTIES TIMEOUT 900)
else()
  set_target_properties(test_image test_orientation test_picture PROPERTIES EXCLUDE_FROM_ALL ON)
  set_tests_properties(test_image test_orientation test_picture PROPERTIES DISABLED ON)
endif()
