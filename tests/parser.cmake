# The parser's round-trip test reads cases written in JSON.
if(TARGET parser_round_trip_test)
  target_link_libraries(parser_round_trip_test PkgConfig::JANSSON)
endif()

# Fuzzing: with clang by libFuzzer, with any other compiler by the target's own mutations of its seeds.
add_executable(parser_fuzz EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/parser_fuzz.c)
target_link_libraries(parser_fuzz sluice_parser)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  target_compile_options(parser_fuzz PRIVATE -fsanitize=fuzzer)
  target_link_options(parser_fuzz PRIVATE -fsanitize=fuzzer)
else()
  target_compile_definitions(parser_fuzz PRIVATE FUZZ_STANDALONE)
endif()
