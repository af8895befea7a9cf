# Built on demand: ninja expression_bench.
add_executable(expression_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/expression_bench.c)
target_link_libraries(expression_bench sluice_executor)
