/* The C interface of the Rust crate in rust/, used by table.cpp alone. No function lets a panic through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct InferTable InferTable;             /* one thread at a time */
typedef struct InferTableAnswer InferTableAnswer; /* likewise */

typedef struct InferTableText {
  const char* data; /* not terminated */
  size_t size;
} InferTableText;

/* Rows that follow one another in the file. */
typedef struct InferTableGroup {
  uint64_t rows;
  uint64_t row_bytes; /* about, of each as a JSON line; never 0 */
} InferTableGroup;

typedef struct InferTableGroups {
  const InferTableGroup* data;
  size_t size;
} InferTableGroups;

/* What the last call left in an answer, which owns all of it: valid until the answer is used again or
 * destroyed. */
typedef struct InferTableView {
  const char* lines; /* not terminated */
  size_t lines_size;
  const char* error; /* one line of UTF-8, not terminated */
  size_t error_size; /* 0 after success */
} InferTableView;

/* The file of `bytes` bytes behind `fd`, which is duplicated. Returns null on failure, with the reason in
   `answer`. The caller owns the result and closes it. */
InferTable* infer_table_open(int fd, uint64_t bytes, InferTableAnswer* answer);

/* Null is allowed. */
void infer_table_close(InferTable* table);

/* The caller owns the result and destroys it. Any thread. */
InferTableAnswer* infer_table_answer_create(void);

/* Null is allowed. */
void infer_table_answer_destroy(InferTableAnswer* answer);

/* Reads no other top-level columns from now on; names that are not there are left out. Those of `numbers` can
   be set apart if they are columns of numbers, or of lists of them. False on failure. */
bool infer_table_choose(InferTable* table, const InferTableText* names, size_t count,
                        const InferTableText* numbers, size_t numbers_count, InferTableAnswer* answer);

/* All rows of the file, in order. Valid until the table is closed. */
InferTableGroups infer_table_groups(const InferTable* table);

/* Rows `begin` to `end` - 1 of the file as JSON lines: of a longer line than `line_bytes` only so much that
   this shows. False on failure, and when all take more than `most_bytes`. Fast where rows rise from call to
   call. `apart`: what becomes numbers is not in the lines. */
bool infer_table_read(InferTable* table, uint64_t begin, uint64_t end, size_t line_bytes, size_t most_bytes,
                      bool apart, InferTableAnswer* answer);

/* Numbers of the rows that were read last; all are empty if they were not to be set apart. */
typedef struct InferTableNumbers {
  InferTableText name;
  uint8_t kind;         /* 0: float, 1: double, 2: int64_t */
  const void* values;   /* of this kind */
  const uint64_t* ends; /* per row: how many values there are up to its end */
  const uint8_t* forms; /* per row. 0: in its line, or not there; 1: a number; 2: a list */
  size_t rows;
} InferTableNumbers;

size_t infer_table_numbers_count(const InferTable* table);
/* Valid until the table is read again. */
InferTableNumbers infer_table_numbers(const InferTable* table, size_t column);

InferTableView infer_table_answer_view(const InferTableAnswer* answer);

#ifdef __cplusplus
}
#endif
