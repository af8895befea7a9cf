# What benchmarks/run.py needs, built on demand: ninja benchmarks.
add_executable(produce_events EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/produce_events.c
  ${CMAKE_SOURCE_DIR}/benchmarks/events.c ${CMAKE_SOURCE_DIR}/benchmarks/events_nexmark.c)
target_link_libraries(produce_events sluice_executor m)
add_executable(bare_consumer EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/bare_consumer.c
  ${CMAKE_SOURCE_DIR}/benchmarks/consume_all.c)
target_link_libraries(bare_consumer PkgConfig::RDKAFKA)
target_include_directories(bare_consumer PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(result_digest EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/result_digest.c
  ${CMAKE_SOURCE_DIR}/benchmarks/consume_all.c)
target_link_libraries(result_digest sluice_base PkgConfig::RDKAFKA PkgConfig::JANSSON)
add_executable(first_record EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/first_record.c
  ${CMAKE_SOURCE_DIR}/benchmarks/consume_all.c)
target_link_libraries(first_record PkgConfig::RDKAFKA)
target_include_directories(first_record PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(latency_probe EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/latency_probe.c)
target_link_libraries(latency_probe sluice_base PkgConfig::RDKAFKA)
target_include_directories(latency_probe PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(changes_digest EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/changes_digest.c)
target_include_directories(changes_digest PRIVATE ${CMAKE_SOURCE_DIR})
add_custom_target(benchmarks DEPENDS produce_events bare_consumer result_digest first_record changes_digest
  latency_probe)
if(TARGET sluice)
  add_dependencies(benchmarks sluice)
endif()

# What benchmarks/load.py needs, built on demand: ninja load_client.
file(GLOB load_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/benchmarks/load/*.c)
add_executable(load_client EXCLUDE_FROM_ALL ${load_sources})
target_include_directories(load_client PRIVATE ${CMAKE_SOURCE_DIR}/benchmarks/load)
target_link_libraries(load_client sluice_base)
