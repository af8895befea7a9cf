# The executable documents of sql-tests: one test a file, on the embedded log.
file(GLOB sql_documents CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/sql-tests/*.sql ${CMAKE_SOURCE_DIR}/sql-tests/examples/*.sql)
foreach(document ${sql_documents})
  get_filename_component(name ${document} NAME_WE)
  add_test(NAME sql/${name} COMMAND sluice test ${document} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()
