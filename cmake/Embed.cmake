# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=dir -DFILES=a;b -DOUT=x.inc -P Embed.cmake: each file's path and
# text as one C++ initialiser {"path", R"…(text)…"}.
set(text "// Made from rules/ by cmake/Embed.cmake.\n")
foreach(file ${FILES})
  file(READ ${ROOT}/${file} content)
  string(APPEND text "{\"${file}\", R\"~~~~(${content})~~~~\"},\n")
endforeach()
file(WRITE ${OUT} "${text}")
