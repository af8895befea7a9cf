add_executable(topic_tool ${CMAKE_SOURCE_DIR}/tests/tools/topic_tool.c)
target_link_libraries(topic_tool sluice_executor)
add_executable(state_tool ${CMAKE_SOURCE_DIR}/tests/tools/state_tool.c)
target_link_libraries(state_tool sluice_executor)
