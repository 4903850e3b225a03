// Profiles in use: identifier schemes, division tables, code lists and rule switches, compiled.
//
// A profile is data (schemas/tombolo/v1/profile.proto, adapters/profiles/*); reading its files is
// somebody else's job: Compile takes the messages and a function that gives the text of a file
// named in them.
//
// Ownership: a Profile owns all it gives pointers to.
// Thread-safety: immutable after Compile.
// Errors: CONFIG_VALUE naming profile, scheme and what is wrong (an example that does not pass, a
// pattern that is not understood, an unknown inner scheme, a table with an odd line, ...).
#ifndef TOMBOLO_GATEWAY_RECORD_PROFILE_H_
#define TOMBOLO_GATEWAY_RECORD_PROFILE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "tombolo/v1/profile.pb.h"

namespace tombolo::record {

// What checking an identifier found. Faults and warnings carry code, value and reason; column is
// empty.
struct IdentifierCheck {
  std::string normal;           // the normal form; meaningful when faults is empty
  std::vector<Fault> faults;    // not empty: refused
  std::vector<Fault> warnings;  // told, but the identifier stands
  bool accepted() const { return faults.empty(); }
};

// A division in one of its validity periods. Dates are days since 1970-01-01; absent = open.
struct Division {
  std::string code;
  std::string name;
  std::string parent;
  std::string level;                   // NATION, PROVINCE, PREFECTURE, COUNTY
  std::optional<int32_t> valid_from;   // the first day
  std::optional<int32_t> valid_until;  // the first day no more
  std::vector<std::string> successors;
};

class Profile {
 public:
  using FileText =
      std::function<StatusOr<std::string>(std::string_view profile, std::string_view file)>;

  // `chain`: the profile wanted last, those that it includes before it, each once. "core" is always
  // first.
  static StatusOr<std::shared_ptr<const Profile>> Compile(const std::vector<v1::Profile>& chain,
                                                          const FileText& file_text);
  virtual ~Profile() = default;

  virtual const std::string& name() const = 0;
  // Digest of the chain and of every file it names.
  virtual std::string_view digest() const = 0;
  virtual const v1::ProfileRules& rules() const = 0;

  // nullptr if no such scheme.
  virtual const v1::IdentifierScheme* FindScheme(std::string_view scheme) const = 0;
  virtual std::vector<std::string> SchemeNames() const = 0;
  // SCHEME_UNKNOWN as a fault if there is none. `decided_on` lets checks compare dates and
  // divisions.
  virtual IdentifierCheck CheckIdentifier(std::string_view scheme, std::string_view input,
                                          std::optional<int32_t> decided_on) const = 0;
  // Persons' numbers in clear within free text (rule ID_IN_CLEAR); one fault each, value masked.
  // A number that is a valid identifier of another checked scheme is not one.
  virtual std::vector<Fault> FindPersonNumbers(std::string_view text) const = 0;
  // A text whose longest run of letters and digits with a digit (TextScan::digit_run) is shorter
  // has none of them.
  virtual size_t PersonNumberRunMin() const = 0;

  // The division that `code` names on `day` (or ever, if absent); nullptr if never.
  virtual const Division* FindDivision(std::string_view table, std::string_view code,
                                       std::optional<int32_t> day) const = 0;
  // Label of a code; nullptr if the list or the code is unknown.
  virtual const std::string* FindCode(std::string_view list, std::string_view code) const = 0;
  virtual bool HasCodeList(std::string_view list) const = 0;
  // Prohibited content: the category that a field name, title or tag falls into; nullopt if none.
  virtual std::optional<std::string> ProhibitedByTag(std::string_view tag) const = 0;
  virtual std::optional<std::string> ProhibitedByWords(std::string_view text) const = 0;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_PROFILE_H_
