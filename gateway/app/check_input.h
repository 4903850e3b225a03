// Input of `tombolo check`: lines of files or standard input, and records as JSON.
//
// Ownership: plain values. Thread-safety: one thread. Errors: FILE_UNREADABLE, LIMIT_EXCEEDED; a
// bad record is faults.
#ifndef TOMBOLO_GATEWAY_APP_CHECK_INPUT_H_
#define TOMBOLO_GATEWAY_APP_CHECK_INPUT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/base/rows.h"
#include "gateway/record/catalogue.h"

namespace tombolo::app {

// Each line, without its line end, of the files in turn; none or "-" is standard input. Empty lines
// are passed over.
Status EachInput(const std::vector<std::string>& files, size_t line_bytes_max,
                 const std::function<Status(std::string_view line)>& visit);
StatusOr<std::string> ReadStandardInput(size_t bytes_max);
std::unique_ptr<ByteSource> StandardInput();

struct RecordAnswer {
  std::vector<Fault> faults;
  std::vector<Fault> warnings;
  std::string normal_json;  // the three layers as they would be stored
};
// {"item":"..","key":["..",..],"state":"..","decided_on":"YYYY-MM-DD",..,
//  "fields":{"name":value,..}}
RecordAnswer CheckRecordJson(const record::Catalogue& catalogue, std::string_view json,
                             int32_t today);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_CHECK_INPUT_H_
