#ifndef SPRINGBOARD_SERVER_HEAP_H_
#define SPRINGBOARD_SERVER_HEAP_H_

namespace springboard {

// How glibc's malloc keeps memory in this process: large blocks come from the system and go back to
// it, and there are few heaps. The defaults let a server grow for hours, to what its worst moments
// in each thread took together. Called first, while there is one thread.
void SetUpHeap();

// From now on gives free pages of the heaps back to the system every few seconds: else what a burst
// took stays, and how much that is depends on which burst met which. Starts a thread, that never
// ends.
void StartTrimmingHeap();

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_HEAP_H_
