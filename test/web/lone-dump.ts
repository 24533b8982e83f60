/** A VECTOR dump as people paste it into mails: vectors are known, their owners are not. Made up. */
export const LONE_DUMP = `name:   VECTOR
 size:   0
 mapped: 250
 flags:  0x00000103
Online bitmaps:        4
Global available:    551
Global reserved:      22
Total allocated:     252
System: 39: 0-19,32,50,128,236-237,239-248,251-253,255
 | CPU | avl | man | mac | act | vectors
     0   137     2     1    63  33-49,51-96
     1   138     1     1    63  33-49,51-96
     2   138     1     1    63  33-49,51-96
     3   138     1     1    63  33-49,51-60,65-100
`;
