# What benchmarks/run.py needs, built on demand: ninja benchmarks.
add_executable(produce_bids EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/produce_bids.c)
target_link_libraries(produce_bids sluice_executor)
add_executable(bare_consumer EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/benchmarks/bare_consumer.c)
target_link_libraries(bare_consumer PkgConfig::RDKAFKA)
add_custom_target(benchmarks DEPENDS produce_bids bare_consumer)
if(TARGET sluice)
  add_dependencies(benchmarks sluice)
endif()
