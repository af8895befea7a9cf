# Nexmark's queries against Flink's results, which lie beside the checkout; skipped where they do not.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME nexmark
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/nexmark/nexmark_test.py --sluice $<TARGET_FILE:sluice>
      --topic-tool $<TARGET_FILE:topic_tool>)
  set_tests_properties(nexmark PROPERTIES SKIP_RETURN_CODE 77)
endif()
