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

typedef struct InferTableTexts {
  const InferTableText* data;
  size_t size;
} InferTableTexts;

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
   be read apart if they are columns of numbers, or of lists of them, those of `texts` if they are of texts;
   those of `carried` are only copied, as they stand in a line, in this order. False on failure. */
bool infer_table_choose(InferTable* table, InferTableTexts names, InferTableTexts numbers,
                        InferTableTexts texts, InferTableTexts carried, InferTableAnswer* answer);

/* All rows of the file, in order. Valid until the table is closed. */
InferTableGroups infer_table_groups(const InferTable* table);

/* Rows `begin` to `end` - 1 of the file as JSON lines: of a longer line than `line_bytes` only so much that
   this shows. False on failure, and when all take more than `most_bytes`. Fast where rows rise from call to
   call. `apart`: what is read apart is not in the lines. */
bool infer_table_read(InferTable* table, uint64_t begin, uint64_t end, size_t line_bytes, size_t most_bytes,
                      bool apart, InferTableAnswer* answer);

/* What was read apart of the rows that were read last; all are empty if that was not wanted. */
typedef struct InferTablePlain {
  InferTableText name;
  uint8_t kind;         /* 0: float, 1: double, 2: int64_t, 3: bytes of texts in UTF-8 */
  const void* values;   /* of this kind */
  const uint64_t* ends; /* per row: how many values there are up to its end */
  const uint8_t* forms; /* per row. 0: in its line, or not there; 1: a number or a text; 2: a list */
  size_t rows;
} InferTablePlain;

size_t infer_table_plain_count(const InferTable* table);
/* Valid until the table is read again, like the next. */
InferTablePlain infer_table_plain(const InferTable* table, size_t column);

/* Of the rows that were read last. */
typedef struct InferTableMarks {
  const uint64_t* ends; /* of their lines, with the newlines */
  const uint8_t*
      only_carried; /* 1: in its line there are the carried columns alone, in their order, as JSON */
  size_t rows;
} InferTableMarks;

InferTableMarks infer_table_marks(const InferTable* table);

InferTableView infer_table_answer_view(const InferTableAnswer* answer);

/* What writes. */

typedef struct InferTableColumn {
  InferTableText name;
  uint32_t kind;    /* 0: int64_t, 1: float, 2: double, 3: bool, 4: InferTableText */
  uint32_t is_list; /* a row has a list of these */
  uint64_t width;   /* of each list; 0: any */
} InferTableColumn;

/* A column's values, those that are there, and Parquet's levels, which tell of which rows they are:
 * definition 1 for a value and 0 for none; of a list 3 for a value in it, 2 for one that is null, 1 for a
 * list without values and 0 for no list; repetition 0 for the first entry of a row and 1 for the others, null
 * where the column has no lists. */
typedef struct InferTableValues {
  const void* values;
  size_t count;
  const int16_t* definition;
  const int16_t* repetition;
  size_t levels;
} InferTableValues;

/* Leaves a whole Parquet file of these rows in the answer's lines, in one row group. False on failure. Any
 * thread. */
bool infer_table_piece(const InferTableColumn* columns, const InferTableValues* values, size_t count,
                       uint64_t rows, InferTableAnswer* answer);

/* Leaves in the answer's lines what makes one Parquet file of the first `bytes` bytes of the file behind
 * `fd`, when it is appended to them: they are such files, one at least, one after the other. False on
 * failure. */
bool infer_table_footer(int fd, uint64_t bytes, InferTableAnswer* answer);

/* One of the files that such a file is made of. */
typedef struct InferTablePiece {
  uint64_t begin; /* its bytes */
  uint64_t end;
  uint64_t rows;
} InferTablePiece;

/* Leaves in the answer's lines an InferTablePiece for each that has rows, in order, of the file of `bytes`
 * bytes behind `fd`, which has its last footer. False on failure. */
bool infer_table_pieces(int fd, uint64_t bytes, InferTableAnswer* answer);

typedef struct InferTableRun {
  uint64_t piece; /* index */
  uint64_t first; /* row of it */
  uint64_t rows;
} InferTableRun;

/* Leaves in the answer's lines what infer_table_piece() would have made of these rows. False on failure, and
 * when the pieces' columns are not the same. Any thread. */
bool infer_table_splice(const InferTableText* pieces, size_t count, const InferTableRun* runs,
                        size_t runs_count, InferTableAnswer* answer);

/* Leaves in the answer's lines a JSON list for each row of a piece: the values of the columns `names`, in
 * this order, as null where a row has none; of the numbers, NaN and the infinities are strings. False on
 * failure, and when a column is not there. Any thread. */
bool infer_table_rows(InferTableText piece, InferTableTexts names, InferTableAnswer* answer);

#ifdef __cplusplus
}
#endif
