# A few kills under the sanitizers; scripts/test.sh does two hundred with the release build.
if(TARGET sluice)
  add_test(NAME integration/kill_test COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/kill_test.py
    --sluice $<TARGET_FILE:sluice> --topic-tool $<TARGET_FILE:topic_tool> --kills 10 --rounds 2 --rows 2000 --longest-ms 400)
endif()
# Ten hours of event time; what is left in the state is what windows still need.
if(TARGET sluice)
  add_test(NAME integration/bounded_state_test COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/bounded_state_test.py
    --sluice $<TARGET_FILE:sluice> --topic-tool $<TARGET_FILE:topic_tool> --state-tool $<TARGET_FILE:state_tool> --step-ms 1000)
endif()
# A changelog that has lost its front, and states that are older.
if(TARGET sluice)
  add_test(NAME integration/changelog_test COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/changelog_test.py
    $<TARGET_FILE:sluice> $<TARGET_FILE:topic_tool>)
endif()
