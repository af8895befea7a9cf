# A schema registry in memory, for the tests of formats that need one.
add_library(memory_registry STATIC EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/support/memory_registry.c)
target_link_libraries(memory_registry sluice_executor)
foreach(test json_sr_format_test avro_format_test protobuf_format_test)
  if(TARGET ${test})
    target_link_libraries(${test} memory_registry)
  endif()
endforeach()

add_executable(format_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/format_bench.c)
target_link_libraries(format_bench memory_registry)
