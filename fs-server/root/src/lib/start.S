# Where every guest program begins: the kernel leaves argc, argv and the environment at sp.
#
#   sp -> argc | argv[0] … argv[argc-1] | 0 | envp … | 0 | auxiliary vector

        .globl  _start
        .type   _start, @function
_start:
        .option push
        .option norelax
        la      gp, __global_pointer$   # relaxed accesses to small data go through gp
        .option pop
        li      fp, 0                   # ends every chain of frames
        ld      a0, 0(sp)               # argc
        addi    a1, sp, 8               # argv
        call    main
        call    leave                   # flushes nothing: programs flush their own output
        .size   _start, . - _start
        .section .note.GNU-stack, "", @progbits
