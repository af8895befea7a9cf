# The schema registry's API against a real server, and a second server that uses the first one's.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/registry_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/registry_test.py $<TARGET_FILE:sluice>)
endif()
