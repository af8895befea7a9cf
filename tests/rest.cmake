# The REST API and the shell against a real server.
if(TARGET sluice)
  add_test(NAME integration/rest_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/rest_test.py $<TARGET_FILE:sluice>)
endif()
