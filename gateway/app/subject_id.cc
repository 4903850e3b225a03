#include "gateway/app/subject_id.h"

#include <string_view>

#include "gateway/app/packs.h"

namespace tombolo::app {

StatusOr<SubjectId> ParseSubjectId(const v1::NodeConfig& config, const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) {
    return MakeError(Code::INVALID_ARGUMENT,
                     "write the subject as scheme:value, for example cn.uscc:91310000757904992P");
  }
  SubjectId id;
  id.scheme = text.substr(0, colon);
  PackShelf shelf(config);
  ASSIGN_OR_RETURN(const record::IdentifierCheck check,
                   shelf.CheckIdentifier(id.scheme, std::string_view(text).substr(colon + 1)));
  if (!check.accepted()) return MakeError(check.faults[0].code, check.faults[0].reason);
  id.value = check.normal;
  return id;
}

}  // namespace tombolo::app
