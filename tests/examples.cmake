# Word count over a real text, against tr, sort and uniq.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/word_count_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/word_count_test.py
    --sluice $<TARGET_FILE:sluice> --topic-tool $<TARGET_FILE:topic_tool>)
endif()
