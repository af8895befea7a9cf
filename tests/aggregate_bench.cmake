# Built on demand: ninja aggregate_bench.
add_executable(aggregate_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/aggregate_bench.c)
target_compile_options(aggregate_bench PRIVATE -Wno-missing-prototypes)
target_link_libraries(aggregate_bench sluice_executor)
