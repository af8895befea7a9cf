# The REST API and the shell against a real server.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/rest_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/rest_test.py $<TARGET_FILE:sluice>)
endif()
if(TARGET sluice)
  add_test(NAME integration/shell_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/shell_test.py $<TARGET_FILE:sluice>)
endif()
