# What Flink answers to fifteen hundred expressions and queries, recorded, against what Sluice answers (half a minute).
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME flink_answers
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/flink/compare.py --sluice $<TARGET_FILE:sluice>)
endif()
