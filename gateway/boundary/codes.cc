// Lists of codes as files, and the fixed sentences of reasons.
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/base/text.h"
#include "gateway/boundary/policy.h"

namespace tombolo::boundary {

StatusOr<std::vector<CodeTerm>> ReadCodeList(std::string_view csv) {
  std::vector<CodeTerm> out;
  std::set<std::string> known;
  bool headed = false;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(csv), '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto refuse = [&](std::string_view why) {
      return MakeError(Code::POLICY_INVALID,
                       absl::StrCat("code list, line ", number, ": ", ToAbsl(why)));
    };
    if (!headed) {
      if (line != "code,broader,title") return refuse("the columns must be code,broader,title");
      headed = true;
      continue;
    }
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() != 3 || cells[0].empty() || line.find('"') != absl::string_view::npos) {
      return refuse("three cells without quotes or commas are wanted");
    }
    if (!cells[1].empty() && known.count(cells[1]) == 0) {
      return refuse("the broader code does not stand before it");
    }
    if (!known.insert(cells[0]).second) return refuse("the code stands twice");
    out.push_back({cells[0], cells[1]});
  }
  return out;
}

std::string_view ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kPublic:
      return "open to everyone";
    case Reason::kRule:
      return "a rule of the policy allows it";
    case Reason::kGrant:
      return "a grant in force covers it";
    case Reason::kWithheld:
      return "a rule of the policy withholds it";
    case Reason::kNoPolicy:
      return "the origin's policy is missing, not yet valid or expired";
    case Reason::kNoItem:
      return "the question names no item";
    case Reason::kNotMember:
      return "the requester is no active member";
    case Reason::kNoPurpose:
      return "no purpose was declared that the program or the policy knows";
    case Reason::kNoRule:
      return "no rule in force allows it to this recipient for this purpose";
    case Reason::kNoGrant:
      return "no grant names recipient, item and purpose";
    case Reason::kGrantNotYet:
      return "a grant covers it, but is not yet in force";
    case Reason::kGrantOver:
      return "a grant covered it, but its time is over";
    case Reason::kLookUpOnly:
      return "a grant covers it for single questions, not for feeds";
    case Reason::kClassHidden:
      return "the stream's own class is not permitted, so nothing of it is shown";
    case Reason::kNotHeld:
      return "this node does not have the layer";
    case Reason::kHopNarrowed:
      return "this node does not hand the layer on";
    case Reason::kTermOver:
      return "the record's own state or dates end its showing";
  }
  return "unknown";
}

}  // namespace tombolo::boundary
