# What `cmake --install` puts in place, the program and its manual page aside (tools/CMakeLists.txt).
install(TARGETS winocl EXPORT winoclTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/winocl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)

# pkg-config: relative to the file itself, so that the tree can be installed under any prefix.
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(WINOCL_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(WINOCL_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
else()
  file(RELATIVE_PATH WINOCL_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" WINOCL_PC_UP ${WINOCL_PC_UP})
  set(WINOCL_PC_PREFIX \${pcfiledir}/${WINOCL_PC_UP})
  set(WINOCL_PC_LIBDIR \${prefix}/${CMAKE_INSTALL_LIBDIR})
endif()
if(IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
  set(WINOCL_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(WINOCL_PC_INCLUDEDIR \${prefix}/${CMAKE_INSTALL_INCLUDEDIR})
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/winocl.pc.in ${PROJECT_BINARY_DIR}/winocl.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/winocl.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# find_package(winocl). Before 1.0 a new minor version may change the interface.
set(WINOCL_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/winocl)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/winoclConfig.cmake.in ${PROJECT_BINARY_DIR}/winoclConfig.cmake
  INSTALL_DESTINATION ${WINOCL_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/winoclConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/winoclConfig.cmake ${PROJECT_BINARY_DIR}/winoclConfigVersion.cmake DESTINATION ${WINOCL_CMAKE_DIR})
install(EXPORT winoclTargets NAMESPACE winocl:: DESTINATION ${WINOCL_CMAKE_DIR})

file(GLOB WINOCL_DOCS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/*.md ${PROJECT_SOURCE_DIR}/docs/*.md)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${WINOCL_DOCS} DESTINATION ${CMAKE_INSTALL_DOCDIR})
