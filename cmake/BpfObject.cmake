# SPDX-License-Identifier: Apache-2.0
# Compiles bpf/NAME.bpf.c and everything it includes into a CO-RE object, links
# it with bpftool and writes the skeleton NAME.skel.h.  Link nw_bpf to include it.

find_program(NW_BPF_CLANG NAMES clang-14 clang REQUIRED)
find_program(NW_BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)

set(NW_BPF_FLAGS
  -target bpf -mcpu=v3 -O2 -g -std=gnu11
  -Wall -Wextra -Werror
  -Wno-missing-declarations -Wno-unused-function -Wno-sign-compare -Wno-unused-parameter
  -fdebug-prefix-map=${PROJECT_SOURCE_DIR}=.)
if(CMAKE_LIBRARY_ARCHITECTURE)  # asm/types.h
  list(APPEND NW_BPF_FLAGS -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  list(APPEND NW_BPF_FLAGS -D__TARGET_ARCH_arm64)
else()
  list(APPEND NW_BPF_FLAGS -D__TARGET_ARCH_x86)
endif()

function(bpf_object name)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
  set(raw ${CMAKE_CURRENT_BINARY_DIR}/${name}.raw.o)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${NW_BPF_CLANG} ${NW_BPF_FLAGS} -MMD -MF ${raw}.d -MT ${object}
            -c ${source} -o ${raw}
    COMMAND ${NW_BPFTOOL} gen object ${object} ${raw}
    DEPENDS ${source}
    DEPFILE ${raw}.d
    COMMENT "BPF ${name}.bpf.o"
    VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND sh -c "\"$1\" gen skeleton \"$2\" name \"$3\" > \"$4.new\" && mv \"$4.new\" \"$4\""
            sh ${NW_BPFTOOL} ${object} ${name}_bpf ${skeleton}
    DEPENDS ${object}
    COMMENT "BPF ${name}.skel.h"
    VERBATIM)
  add_custom_target(nw_bpf_skeleton DEPENDS ${skeleton})
  sensor_pkg(LIBBPF libbpf)
  add_library(nw_bpf INTERFACE)
  target_include_directories(nw_bpf SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
  target_include_directories(nw_bpf INTERFACE ${PROJECT_SOURCE_DIR})
  target_link_libraries(nw_bpf INTERFACE PkgConfig::LIBBPF)
  add_dependencies(nw_bpf nw_bpf_skeleton)
endfunction()
