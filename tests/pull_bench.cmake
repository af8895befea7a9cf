# Built on demand: ninja pull_bench.
add_executable(pull_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/pull_bench.c)
target_compile_options(pull_bench PRIVATE -Wno-missing-prototypes)
target_link_libraries(pull_bench sluice_server)
