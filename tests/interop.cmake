# The formats against other people's encoders and decoders, which pip puts into the build folder.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/format_interop_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/format_interop_test.py $<TARGET_FILE:sluice>
      $<TARGET_FILE:topic_tool> ${CMAKE_BINARY_DIR}/interop-venv)
  set_tests_properties(integration/format_interop_test PROPERTIES SKIP_RETURN_CODE 77)
  add_test(NAME integration/flink_avro_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/flink_avro_test.py $<TARGET_FILE:sluice>
      ${CMAKE_BINARY_DIR}/interop-venv)
  # They share the folder with the packages.
  set_tests_properties(integration/flink_avro_test PROPERTIES SKIP_RETURN_CODE 77 DEPENDS integration/format_interop_test)
endif()
