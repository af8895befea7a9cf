# Jobs of Flink's SQL as whole processes.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/flink_statement_set_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/flink_statement_set_test.py $<TARGET_FILE:sluice>)
  add_test(NAME integration/flink_watched_files_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/flink_watched_files_test.py $<TARGET_FILE:sluice>)
endif()
