# Many clients at once against a real server: what it is built with (sanitizers) finds the rest.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/concurrency_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/concurrency_test.py $<TARGET_FILE:sluice>)
endif()
