// What the first bytes of a file tell: the XML prolog's encoding, the delimiter, text beyond ASCII
// further on.
//
// Ownership: plain values. Thread-safety: pure, except TextBeyondAscii, which reads the file.
// Errors: IO_ERROR.
#ifndef TOMBOLO_ADAPTERS_READERS_SAMPLE_H_
#define TOMBOLO_ADAPTERS_READERS_SAMPLE_H_

#include <string>
#include <string_view>

#include "adapters/readers/encoding.h"
#include "adapters/readers/reader_limits.h"
#include "adapters/readers/readers.h"
#include "adapters/readers/sources.h"

namespace tombolo::readers {

// The encoding that the prolog declares (XML 1.0 section 4.3.3); "UTF-8" if XML declares none and
// has no byte order mark; "" if the bytes must be looked at (a mark, or NUL bytes: UTF-16).
std::string DeclaredXmlEncoding(std::string_view sample);

// Of , ; tab | the one that gives most rows the same number of cells, at least two; a comma if none
// does.
char GuessDelimiter(std::string_view sample, const Encoding& encoding,
                    const ReaderOptions& options);

// Lines with bytes beyond ASCII after `from`, up to a sample's size: for a file whose start is only
// ASCII.
StatusOr<std::string> TextBeyondAscii(const FileSource& file, uint64_t from,
                                      const ReaderLimits& limits);

// The sample as UTF-8, undecodable bytes as U+FFFD, without a byte order mark.
std::string DecodeSample(std::string_view sample, const Encoding& encoding);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_SAMPLE_H_
