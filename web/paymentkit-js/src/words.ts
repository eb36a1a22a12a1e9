// Written by build.mjs, from shared/src/model/words/.

export interface Words {
  /** By unit, from day to year: one of it, several of it. */
  every: string[];
  order: string;
  each: string;
  subtotal: string;
  discount: string;
  tax: string;
  due_now: string;
  then: string;
  trial: string;
  email: string;
  pay: string;
  subscribe: string;
  start_trial: string;
  save_card: string;
  consent: string;
  paid: string;
  ordered_text: string;
  saved_text: string;
  go_on: string;
  expired_text: string;
  pending: string;
  pending_text: string;
  not_ready: string;
  declined: string;
  confirm: string;
  confirm_button: string;
  failed: string;
}

const NAMES = "order each subtotal discount tax due_now then trial email pay subscribe start_trial save_card consent paid ordered_text saved_text go_on expired_text pending pending_text not_ready declined confirm confirm_button failed".split(" ");

/** By language, in the order of the names; then `every`. */
const SENTENCES = {
  en: "Your order|{amount} each|Subtotal|Discount|Tax|Due now|Then {amount} {every}, from {date}|Free until {date}|E-mail|Pay {amount}|Subscribe for {amount}|Start the free trial|Save the card|By continuing you allow {seller} to charge {amount} {every} from {date}, until you cancel. You can cancel at any time.|Thank you|Your order with {seller} has been received.|{seller} can charge this card from now on.|Continue to {seller}|Nothing was charged. Go back to {seller} and start again.|One moment|We are making sure what became of your payment. Please do not pay again: this page will say in a moment.|{seller} cannot take payments yet. Please contact them, or try again later.|The card was declined. Please try another one.|Your bank wants you to confirm this payment.|Confirm at your bank|Something went wrong on our side. Please try again; you will not be charged twice.|per day|every {count} days|per week|every {count} weeks|per month|every {count} months|per year|every {count} years",
  de: "Ihre Bestellung|je {amount}|Zwischensumme|Rabatt|Steuer|Jetzt fällig|Danach {amount} {every}, ab dem {date}|Kostenlos bis zum {date}|E-Mail|{amount} bezahlen|Für {amount} abonnieren|Kostenlos testen|Karte speichern|Wenn Sie fortfahren, darf {seller} ab dem {date} {amount} {every} abbuchen, bis Sie kündigen. Sie können jederzeit kündigen.|Vielen Dank|Ihre Bestellung bei {seller} ist eingegangen.|{seller} kann diese Karte ab jetzt belasten.|Weiter zu {seller}|Es wurde nichts abgebucht. Gehen Sie zurück zu {seller} und beginnen Sie noch einmal.|Einen Moment|Wir klären, was aus Ihrer Zahlung geworden ist. Bitte zahlen Sie nicht noch einmal: Diese Seite sagt es gleich.|{seller} kann noch keine Zahlungen annehmen. Bitte fragen Sie dort nach, oder versuchen Sie es später.|Die Karte wurde abgelehnt. Bitte versuchen Sie eine andere.|Ihre Bank möchte, dass Sie diese Zahlung bestätigen.|Bei der Bank bestätigen|Bei uns ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal; es wird nicht zweimal abgebucht.|pro Tag|alle {count} Tage|pro Woche|alle {count} Wochen|pro Monat|alle {count} Monate|pro Jahr|alle {count} Jahre",
  fr: "Votre commande|{amount} l’unité|Sous-total|Remise|Taxes|À payer maintenant|Puis {amount} {every}, à partir du {date}|Gratuit jusqu’au {date}|E-mail|Payer {amount}|S’abonner pour {amount}|Commencer l’essai gratuit|Enregistrer la carte|En continuant, vous autorisez {seller} à prélever {amount} {every} à partir du {date}, jusqu’à votre résiliation. Vous pouvez résilier à tout moment.|Merci|Votre commande auprès de {seller} a été reçue.|{seller} peut désormais débiter cette carte.|Continuer vers {seller}|Rien n’a été débité. Retournez chez {seller} et recommencez.|Un instant|Nous vérifions ce qu’il est advenu de votre paiement. Ne payez pas une seconde fois : cette page vous le dira dans un instant.|{seller} ne peut pas encore recevoir de paiements. Contactez-le ou réessayez plus tard.|La carte a été refusée. Essayez-en une autre.|Votre banque vous demande de confirmer ce paiement.|Confirmer auprès de votre banque|Une erreur s’est produite de notre côté. Réessayez ; vous ne serez pas débité deux fois.|par jour|tous les {count} jours|par semaine|toutes les {count} semaines|par mois|tous les {count} mois|par an|tous les {count} ans",
  es: "Su pedido|{amount} cada uno|Subtotal|Descuento|IVA|A pagar ahora|Después {amount} {every}, desde el {date}|Gratis hasta el {date}|Correo electrónico|Pagar {amount}|Suscribirse por {amount}|Empezar la prueba gratuita|Guardar la tarjeta|Al continuar, autoriza a {seller} a cobrar {amount} {every} desde el {date}, hasta que cancele. Puede cancelar en cualquier momento.|Gracias|Hemos recibido su pedido a {seller}.|{seller} puede cobrar en esta tarjeta a partir de ahora.|Continuar a {seller}|No se ha cobrado nada. Vuelva a {seller} y empiece de nuevo.|Un momento|Estamos comprobando qué ha sido de su pago. No pague otra vez: esta página se lo dirá enseguida.|{seller} todavía no puede recibir pagos. Póngase en contacto o inténtelo más tarde.|La tarjeta ha sido rechazada. Pruebe con otra.|Su banco quiere que confirme este pago.|Confirmar en su banco|Algo ha fallado por nuestra parte. Inténtelo de nuevo; no se le cobrará dos veces.|al día|cada {count} días|a la semana|cada {count} semanas|al mes|cada {count} meses|al año|cada {count} años",
  nl: "Uw bestelling|{amount} per stuk|Subtotaal|Korting|Btw|Nu te betalen|Daarna {amount} {every}, vanaf {date}|Gratis tot {date}|E-mail|{amount} betalen|Abonneren voor {amount}|Gratis proberen|Kaart bewaren|Als u doorgaat, mag {seller} vanaf {date} {amount} {every} afschrijven, totdat u opzegt. U kunt op elk moment opzeggen.|Bedankt|Uw bestelling bij {seller} is ontvangen.|{seller} kan deze kaart vanaf nu belasten.|Verder naar {seller}|Er is niets afgeschreven. Ga terug naar {seller} en begin opnieuw.|Een ogenblik|We gaan na wat er van uw betaling is geworden. Betaal niet nog een keer: deze pagina zegt het zo.|{seller} kan nog geen betalingen ontvangen. Neem contact op, of probeer het later.|De kaart is geweigerd. Probeer een andere.|Uw bank wil dat u deze betaling bevestigt.|Bij uw bank bevestigen|Er ging bij ons iets mis. Probeer het opnieuw; er wordt niet twee keer afgeschreven.|per dag|elke {count} dagen|per week|elke {count} weken|per maand|elke {count} maanden|per jaar|elke {count} jaar",
  it: "Il tuo ordine|{amount} ciascuno|Subtotale|Sconto|IVA|Da pagare ora|Poi {amount} {every}, dal {date}|Gratis fino al {date}|E-mail|Paga {amount}|Abbonati per {amount}|Inizia la prova gratuita|Salva la carta|Continuando autorizzi {seller} ad addebitare {amount} {every} dal {date}, finché non disdici. Puoi disdire in qualsiasi momento.|Grazie|Il tuo ordine a {seller} è stato ricevuto.|{seller} può addebitare questa carta da ora in poi.|Continua su {seller}|Non è stato addebitato nulla. Torna a {seller} e ricomincia.|Un momento|Stiamo verificando che cosa ne è stato del tuo pagamento. Non pagare di nuovo: questa pagina lo dirà tra un momento.|{seller} non può ancora ricevere pagamenti. Contattalo o riprova più tardi.|La carta è stata rifiutata. Provane un’altra.|La tua banca vuole che confermi questo pagamento.|Conferma presso la tua banca|Qualcosa è andato storto da parte nostra. Riprova: non ti sarà addebitato due volte.|al giorno|ogni {count} giorni|alla settimana|ogni {count} settimane|al mese|ogni {count} mesi|all’anno|ogni {count} anni",
  pt: "O seu pedido|{amount} cada|Subtotal|Desconto|IVA|A pagar agora|Depois {amount} {every}, a partir de {date}|Grátis até {date}|E-mail|Pagar {amount}|Assinar por {amount}|Começar o teste grátis|Guardar o cartão|Ao continuar, autoriza {seller} a cobrar {amount} {every} a partir de {date}, até cancelar. Pode cancelar a qualquer momento.|Obrigado|O seu pedido a {seller} foi recebido.|{seller} pode cobrar neste cartão a partir de agora.|Continuar para {seller}|Nada foi cobrado. Volte a {seller} e comece de novo.|Um momento|Estamos a verificar o que aconteceu ao seu pagamento. Não pague outra vez: esta página dirá em instantes.|{seller} ainda não pode receber pagamentos. Entre em contato ou tente mais tarde.|O cartão foi recusado. Tente outro.|O seu banco quer que confirme este pagamento.|Confirmar no seu banco|Algo falhou do nosso lado. Tente de novo; não será cobrado duas vezes.|por dia|a cada {count} dias|por semana|a cada {count} semanas|por mês|a cada {count} meses|por ano|a cada {count} anos",
  ja: "ご注文内容|1個あたり{amount}|小計|割引|税|今回のお支払い|その後、{date}から{every}{amount}|{date}まで無料|メールアドレス|{amount}を支払う|{amount}で登録する|無料トライアルを始める|カードを登録する|続行すると、解約するまで、{date}から{every}{amount}を{seller}が請求することに同意したことになります。いつでも解約できます。|ありがとうございます|{seller}へのご注文を受け付けました。|今後、{seller}はこのカードに請求できます。|{seller}へ進む|請求は行われていません。{seller}に戻ってやり直してください。|しばらくお待ちください|お支払いの結果を確認しています。もう一度支払わないでください。このページにまもなく結果が表示されます。|{seller}はまだお支払いを受け付けられません。お問い合わせいただくか、後でもう一度お試しください。|カードが拒否されました。別のカードをお試しください。|お支払いの確認を銀行が求めています。|銀行で確認する|こちらで問題が発生しました。もう一度お試しください。二重に請求されることはありません。|毎日|{count}日ごと|毎週|{count}週間ごと|毎月|{count}か月ごと|毎年|{count}年ごと",
};

/** The sentences of a language; English, where there are none in it. */
export function words(language: string): Words {
  const known = language.slice(0, 2) as keyof typeof SENTENCES;
  const all = (SENTENCES[known] ?? SENTENCES.en).split("|");
  return { ...Object.fromEntries(NAMES.map((name, at) => [name, all[at]])), every: all.slice(NAMES.length) } as unknown as Words;
}
