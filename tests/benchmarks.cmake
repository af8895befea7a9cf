# What benchmarks/run.py needs, built on demand: ninja benchmarks.
add_executable(produce_events EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/produce_events.c)
target_link_libraries(produce_events sluice_executor)
add_executable(bare_consumer EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/bare_consumer.c
  ${CMAKE_SOURCE_DIR}/benchmarks/consume_all.c)
target_link_libraries(bare_consumer PkgConfig::RDKAFKA)
target_include_directories(bare_consumer PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(result_digest EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/result_digest.c
  ${CMAKE_SOURCE_DIR}/benchmarks/consume_all.c)
target_link_libraries(result_digest sluice_base PkgConfig::RDKAFKA PkgConfig::JANSSON)
add_custom_target(benchmarks DEPENDS produce_events bare_consumer result_digest)
if(TARGET sluice)
  add_dependencies(benchmarks sluice)
endif()

# What benchmarks/load.py needs, built on demand: ninja load_client.
file(GLOB load_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/benchmarks/load/*.c)
add_executable(load_client EXCLUDE_FROM_ALL ${load_sources})
target_include_directories(load_client PRIVATE ${CMAKE_SOURCE_DIR}/benchmarks/load)
target_link_libraries(load_client sluice_base)
