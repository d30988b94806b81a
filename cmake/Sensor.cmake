# SPDX-License-Identifier: Apache-2.0
# Warnings, sanitizers, labels and the shape of a module, in one place.
#
#   sensor_module(decode DEPS model LIBS RE2)
#
# makes of the folder it is called in: the static library nw_decode of its *.cc;
# decode_test of its *_test.cc (label unit); one fuzzer of each *_fuzz.cc (preset
# fuzz); decode_benchmark of its *_benchmark.cc (option NW_BENCHMARKS).

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(NW_TESTS "Build the unit tests" ON)
option(NW_BENCHMARKS "Build the benchmarks" OFF)
option(NW_FUZZ "Build the fuzzers (clang)" OFF)
set(NW_SANITIZE "" CACHE STRING "Value of -fsanitize=")

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

add_library(nw_options INTERFACE)
target_compile_options(nw_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wundef -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>
  # clang's -Wconversion has it, gcc's has not: one meaning for both.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>)
# The root only for "bpf/event.h", the one header that both sides include.
target_include_directories(nw_options INTERFACE ${PROJECT_SOURCE_DIR}/sensor ${PROJECT_SOURCE_DIR})
target_link_libraries(nw_options INTERFACE Threads::Threads)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(nw_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(NW_SANITIZE)
  add_compile_options(-fsanitize=${NW_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NW_SANITIZE})
endif()
if(NW_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(NW_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_custom_target(unit_tests)  # every NAME_test, for a build of just these
endif()
if(NW_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# A Debian library found by pkg-config becomes the target PkgConfig::NAME.
function(sensor_pkg name module)
  if(NOT TARGET PkgConfig::${name})
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  endif()
endfunction()

function(sensor_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;TEST_LIBS" ${ARGN})
  file(GLOB all CONFIGURE_DEPENDS *.cc)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_benchmark|/main)\\.cc$")
  add_library(nw_${name} STATIC ${sources})
  list(TRANSFORM ARG_DEPS PREPEND nw_)
  target_link_libraries(nw_${name} PUBLIC nw_options ${ARG_DEPS} PRIVATE ${ARG_LIBS})
  _sensor_tests(${name} "${all}" "${ARG_TEST_LIBS}")
  _sensor_fuzzers(${name} "${all}")
  _sensor_benchmark(${name} "${all}")
endfunction()

function(_sensor_tests name all libs)
  list(FILTER all INCLUDE REGEX "_test\\.cc$")
  if(NOT NW_TESTS OR NOT all)
    return()
  endif()
  add_executable(${name}_test ${all})
  target_compile_definitions(${name}_test PRIVATE
    NW_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name}_test PRIVATE nw_${name} GTest::gtest_main GTest::gmock ${libs})
  if(NW_SANITIZE MATCHES "undefined")
    # 40 % of the compile time of a test, and of its own code only: the module's
    # keeps them, and a null pointer is seen by ASan.
    target_compile_options(${name}_test PRIVATE -fno-sanitize=null,alignment)
  endif()
  add_dependencies(unit_tests ${name}_test)
  gtest_discover_tests(${name}_test PROPERTIES LABELS unit TIMEOUT 120
                       DISCOVERY_MODE PRE_TEST)
endfunction()

function(_sensor_fuzzers name all)
  list(FILTER all INCLUDE REGEX "_fuzz\\.cc$")
  if(NOT NW_FUZZ)
    return()
  endif()
  foreach(file ${all})
    get_filename_component(target ${file} NAME_WE)
    add_executable(${target} ${file})
    target_link_libraries(${target} PRIVATE nw_${name})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  endforeach()
endfunction()

function(_sensor_benchmark name all)
  list(FILTER all INCLUDE REGEX "_benchmark\\.cc$")
  if(NOT NW_BENCHMARKS OR NOT all)
    return()
  endif()
  add_executable(${name}_benchmark ${all})
  target_link_libraries(${name}_benchmark PRIVATE nw_${name} benchmark::benchmark_main)
endfunction()
