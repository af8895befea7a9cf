# Fuzzing the formats: with clang by libFuzzer, with any other compiler by the target's own mutations.
add_executable(format_fuzz EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/format_fuzz.c)
target_link_libraries(format_fuzz sluice_executor)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  target_compile_options(format_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_options(format_fuzz PRIVATE -fsanitize=fuzzer)
else()
  target_compile_definitions(format_fuzz PRIVATE FUZZ_STANDALONE)
endif()

add_executable(format_bench EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/format_bench.c)
target_link_libraries(format_bench sluice_executor)
