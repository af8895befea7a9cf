# Random queries over random streams against a model of them: so many seeds here, any number by hand.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME oracle
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/oracle/oracle.py --sluice $<TARGET_FILE:sluice>
      --topic-tool $<TARGET_FILE:topic_tool> --seeds 240 --batch 40 --pause 0.15)
  add_test(NAME oracle_flink
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/oracle/oracle.py --sluice $<TARGET_FILE:sluice>
      --topic-tool $<TARGET_FILE:topic_tool> --dialect flink --seeds 320 --batch 40 --pause 0.1)
endif()
