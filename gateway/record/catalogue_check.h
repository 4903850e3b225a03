// The checks of a catalogue, in parts: shape, content refused by design, and what its profile asks
// for.
//
// Inside this folder only; the entry is Catalogue::Check. Words and lists that both the checks and
// the rules of single records know stand here too. Ownership: a CatalogueCheck keeps references to
// its arguments. Thread-safety: pure. Errors: faults, all of them.
#ifndef TOMBOLO_GATEWAY_RECORD_CATALOGUE_CHECK_H_
#define TOMBOLO_GATEWAY_RECORD_CATALOGUE_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"
#include "gateway/record/profile.h"
#include "tombolo/v1/catalogue.pb.h"

namespace tombolo::record {

// Code lists that the program itself knows, because rules act on their codes.
inline constexpr std::string_view kSubjectKindList = "tombolo.subject_kind";
inline constexpr std::string_view kSeverityList = "tombolo.severity";
inline constexpr std::string_view kRepresentationList = "tombolo.representation";
inline constexpr std::string_view kLevelList = "tombolo.authority_level";
// Label of a code (its own name), nullptr if list or code is unknown.
const std::string* FindBuiltInCode(std::string_view list, std::string_view code);
bool IsBuiltInList(std::string_view list);
// The built-in list of a field with a meaning of its own; "" if it has none.
std::string_view BuiltInListOf(std::string_view field_name);

// The stricter of the two.
v1::SharingClass Stricter(v1::SharingClass a, v1::SharingClass b);
// A field that scores, grades or ranks its subject, by the words of its name, title and tags.
bool IsScoreField(const v1::CatalogueField& field);
// True for an evaluation and for an item with a score field.
bool RatesSubject(const v1::CatalogueItem& item);
// A list that does harm: not the redlists.
bool IsHarmfulList(v1::RecordKind kind, v1::Polarity polarity);
// `level` is one of the levels that may list, or above one of them.
bool LevelMayList(const v1::ProfileRules& rules, std::string_view level);
// "cn.uscc:9111..." in its two parts; both empty if there is no colon.
struct SchemeAndValue {
  std::string_view scheme;
  std::string_view value;
};
SchemeAndValue SplitIdentifier(std::string_view text);
bool HasSubjectKind(const v1::CatalogueItem& item, v1::SubjectKind kind);

// A fault with its value cut to what a fault may hold.
Fault MakeFault(Code code, std::string_view column, std::string_view value,
                std::string_view reason);

class CatalogueCheck {
 public:
  CatalogueCheck(const v1::Catalogue& declared, const Profile& profile)
      : declared_(declared), profile_(profile) {}
  std::vector<Fault> Run();

 private:
  // Shape: catalogue_check.cc.
  void CheckLists();
  void CheckItem(const v1::CatalogueItem& item);
  void CheckItemNames(const v1::CatalogueItem& item);
  void CheckItemEnums(const v1::CatalogueItem& item);
  void CheckItemDates(const v1::CatalogueItem& item);
  void CheckAuthorities(const v1::CatalogueItem& item);
  void CheckFields(const v1::CatalogueItem& item);
  void CheckFieldType(const v1::CatalogueField& field);
  void CheckFieldClass(const v1::CatalogueItem& item, const v1::CatalogueField& field);
  void CheckMask(const v1::CatalogueItem& item, const v1::CatalogueField& field);
  bool KnowsList(std::string_view list) const;

  // Content refused by design, and what would leak: catalogue_content.cc.
  void CheckContent(const v1::CatalogueItem& item);
  void CheckProhibited(const v1::CatalogueItem& item);
  void CheckPersonScore(const v1::CatalogueItem& item);
  void CheckSource(const v1::CatalogueItem& item);
  void CheckPublicLeak(const v1::CatalogueItem& item, const v1::CatalogueField& field);
  void CheckPersonMask(const v1::CatalogueField& field);

  // Basis documents and lists: catalogue_basis.cc.
  void CheckBasis(const v1::CatalogueItem& item);
  void CheckAuthorityIdentifier(const v1::CatalogueItem& item);
  void CheckListTerms(const v1::CatalogueItem& item);
  void CheckListBasis(const v1::CatalogueItem& item);
  void CheckListLevel(const v1::CatalogueItem& item);
  void CheckWindows(const v1::CatalogueItem& item);

  // Adds a fault of the item or field being looked at; `key` names the catalogue key.
  void Add(Code code, std::string_view key, std::string_view value, std::string_view reason);

  const v1::Catalogue& declared_;
  const Profile& profile_;
  std::string where_;  // "items.<code>." or "items.<code>.fields.<name>."
  std::vector<Fault> faults_;
};

}  // namespace tombolo::record

#endif  // TOMBOLO_GATEWAY_RECORD_CATALOGUE_CHECK_H_
