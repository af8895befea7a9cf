# Functions from shared libraries: the manual's example, one that uses every type, and a library for
# each reason to refuse one.
set(EXTENSION_DIR ${CMAKE_BINARY_DIR}/extension)
function(extension_library name source directory)
  add_library(extension_${name} MODULE ${source})
  target_include_directories(extension_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  target_compile_definitions(extension_${name} PRIVATE ${ARGN})
  set_target_properties(extension_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${EXTENSION_DIR}/${directory})
endfunction()

extension_library(shop docs/examples/udf/shop.c good)
extension_library(types tests/extension/types.c good)
extension_library(counted tests/extension/counted.c other)
extension_library(counted_changed tests/extension/counted.c other CHANGED)
foreach(reason NEWER UNVERSIONED EMPTY NO_ENTRY BUILT_IN_NAME SAME_SIGNATURE BAD_SIGNATURE OPEN_RESULT OPEN_DECIMAL
    OPEN_STRUCT LAMBDA BAD_NAME NO_RUN NO_STATE OTHER_STATE NO_SUMMARY)
  string(TOLOWER ${reason} name)
  extension_library(${name} tests/extension/refused.c refused ${reason})
  target_compile_options(extension_${name} PRIVATE -Wno-unused-const-variable)
endforeach()

add_test(NAME extension/functions
  COMMAND sluice test --extension ${EXTENSION_DIR}/good sql-tests/extensions/functions.sql
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME extension/libraries
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/extension_test.py
  --sluice $<TARGET_FILE:sluice> --libraries ${EXTENSION_DIR} --source ${CMAKE_SOURCE_DIR})

# States of aggregates are exact after kill -9.
add_test(NAME extension/kill
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/integration/kill_test.py
  --sluice $<TARGET_FILE:sluice> --topic-tool $<TARGET_FILE:topic_tool> --extension $<TARGET_FILE:extension_shop>
  --kills 4 --rounds 1 --rows 1000 --longest-ms 400)
