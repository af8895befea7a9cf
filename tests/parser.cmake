# The parser's round-trip test reads cases written in JSON.
if(TARGET parser_round_trip_test)
  target_link_libraries(parser_round_trip_test PkgConfig::JANSSON)
endif()
