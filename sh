pick ae2e124
fixup b90f4da
pick fb5db80
pick cba6f23
