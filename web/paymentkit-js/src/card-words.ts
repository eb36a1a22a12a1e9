// Written by build.mjs, from shared/src/model/words/.

/** By language: card, card_failed. */
const SENTENCES = {
  en: "Card|The field for the card could not be loaded. Please load this page again, or try later.",
  de: "Karte|Das Kartenfeld konnte nicht geladen werden. Bitte laden Sie diese Seite neu, oder versuchen Sie es später.",
  fr: "Carte|Le champ de la carte n’a pas pu être chargé. Rechargez cette page ou réessayez plus tard.",
  es: "Tarjeta|No se pudo cargar el campo de la tarjeta. Vuelva a cargar esta página o inténtelo más tarde.",
  nl: "Kaart|Het veld voor de kaart kon niet worden geladen. Laad deze pagina opnieuw, of probeer het later.",
  it: "Carta|Non è stato possibile caricare il campo della carta. Ricarica questa pagina o riprova più tardi.",
  pt: "Cartão|Não foi possível carregar o campo do cartão. Carregue esta página de novo ou tente mais tarde.",
  ja: "カード|カードの入力欄を読み込めませんでした。このページを再読み込みするか、後でもう一度お試しください。",
};

/** What is said of the field for a card, in a language; in English, where there is nothing in it. */
export function cardWords(language: string): { card: string; card_failed: string } {
  const known = language.slice(0, 2) as keyof typeof SENTENCES;
  const [card = "", card_failed = ""] = (SENTENCES[known] ?? SENTENCES.en).split("|");
  return { card, card_failed };
}
