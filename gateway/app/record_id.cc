#include "gateway/app/record_id.h"

#include <optional>
#include <vector>

#include "gateway/base/text.h"

namespace tombolo::app {
namespace {

constexpr size_t kDigitsMin = 4;

}  // namespace

StatusOr<RecordId> ParseRecordId(node::Inspector* inspector, const std::string& text) {
  const std::optional<std::string> bytes = FromHex(text);
  if (bytes.has_value() && bytes->size() == RecordId::kBytes) return RecordId::From(*bytes);
  if (text.size() < kDigitsMin) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "'" + text + "' is not a record id; give at least its first four digits");
  }
  ASSIGN_OR_RETURN(const std::vector<RecordId> found, inspector->FindByPrefix(text, 2));
  if (found.empty()) return MakeError(Code::NOT_FOUND, "no record id begins with '" + text + "'");
  if (found.size() > 1) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "several record ids begin with '" + text + "'; give more of it");
  }
  return found[0];
}

}  // namespace tombolo::app
