# The manual in docs/: its examples run, and the pages made from tables in the code are current.
if(TARGET sluice)
  add_test(NAME manual COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/manual/manual_test.py
    --sluice $<TARGET_FILE:sluice> --docs ${CMAKE_SOURCE_DIR}/docs)
endif()
