# The shell at a terminal. The emulator that reads its screen comes from PyPI into the build folder.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/terminal_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/terminal_test.py $<TARGET_FILE:sluice>
      ${CMAKE_BINARY_DIR}/terminal-venv)
  set_tests_properties(integration/terminal_test PROPERTIES SKIP_RETURN_CODE 77)
endif()
