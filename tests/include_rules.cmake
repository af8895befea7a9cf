find_package(Python3 COMPONENTS Interpreter)
add_test(NAME include_rules COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/include_rules_test.py)
