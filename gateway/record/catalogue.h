// A locality's catalogue, checked and compiled.
//
// Content that is refused by design (PROHIBITED_CATEGORY, PERSON_SCORE, PRIVATE_SOURCE) is refused
// here, at load, with the reason; so are items that contradict themselves. All faults are reported
// together. Ownership: a Catalogue owns its items and keeps its profile alive. Thread-safety:
// immutable after Compile. Errors: a Status with the first fault's code and all faults in the
// message.
#ifndef TOMBOLO_GATEWAY_RECORD_CATALOGUE_H_
#define TOMBOLO_GATEWAY_RECORD_CATALOGUE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/record/item.h"
#include "gateway/record/profile.h"
#include "tombolo/v1/catalogue.pb.h"

namespace tombolo::record {

class Catalogue {
 public:
  // `file_text` gives the text of a code list file of the catalogue.
  static StatusOr<std::shared_ptr<const Catalogue>> Compile(
      const v1::Catalogue& declared, std::shared_ptr<const Profile> profile,
      const std::function<StatusOr<std::string>(std::string_view file)>& file_text);
  virtual ~Catalogue() = default;

  // Every fault of a catalogue, column = "items.<code>.fields.<name>" or the like. Empty = Compile
  // would succeed, if it can read the code lists.
  static std::vector<Fault> Check(const v1::Catalogue& declared, const Profile& profile);

  virtual const v1::Catalogue& declared() const = 0;
  virtual const Profile& profile() const = 0;
  virtual const std::vector<std::unique_ptr<ItemSpec>>& items() const = 0;
  virtual const ItemSpec* FindItem(std::string_view code) const = 0;  // nullptr if none
  // Code lists of the catalogue, then of the profile.
  virtual const std::string* FindCode(std::string_view list, std::string_view code) const = 0;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_CATALOGUE_H_
