# The REST API and the shell against a real server.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET sluice)
  add_test(NAME integration/rest_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/rest_test.py $<TARGET_FILE:sluice>)
endif()
if(TARGET sluice)
  add_test(NAME integration/shell_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/shell_test.py $<TARGET_FILE:sluice>)
endif()

# Real clients of HTTP/2, WebSocket and TLS, from a virtual environment in the build folder (40 s).
if(TARGET sluice)
  add_test(NAME integration/http_clients_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/http_clients_test.py $<TARGET_FILE:sluice>
      ${CMAKE_BINARY_DIR}/http-clients-venv)
  set_tests_properties(integration/http_clients_test PROPERTIES SKIP_RETURN_CODE 77)
endif()

# Other people's clients as they are, each from an environment in the build folder: PyPI's, npm's, and a browser (60 s in all).
if(TARGET sluice)
  foreach(clients python_clients ksql_client node_clients)
    add_test(NAME integration/${clients}_test
      COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/${clients}_test.py $<TARGET_FILE:sluice>
        ${CMAKE_BINARY_DIR}/${clients}_environment)
    set_tests_properties(integration/${clients}_test PROPERTIES SKIP_RETURN_CODE 77)
  endforeach()
  add_test(NAME integration/browser_test
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/browser_test.py $<TARGET_FILE:sluice>)
  set_tests_properties(integration/browser_test PROPERTIES SKIP_RETURN_CODE 77)
endif()
