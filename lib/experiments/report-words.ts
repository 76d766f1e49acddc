// Names in the report's page, in both languages: stages, columns, arms, channels, reasons and rules.

import { globalHoldoutArm, holdoutArm } from '../assignment/assign.ts';
import { metricName, metricText } from './metric-words.ts';
import type { Text } from './result.ts';

const both = (en: string, zh: string): Text => ({ en, 'zh-CN': zh });
/** A variant may be called "constructor". */
const own = <T>(table: { readonly [name: string]: T }, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export const words = {
  arm: both('Arm', '组'),
  step: both('Step', '步骤'),
  channel: both('Channel', '渠道'),
  run: both('Run', '批次'),
  started: both('Frozen at', '冻结时间'),
  customers: both('Customers', '客户'),
  audience: both('Audience', '受众'),
  toWrite: both('To be written to', '应触达'),
  heldOut: both('Held out', '对照保留'),
  untreated: both('Untreated', '不发送组'),
  suppressed: both('Suppressed', '未发送（规则）'),
  sent: both('Sent', '已发送'),
  failed: both('Failed', '发送失败'),
  unknown: both('Unknown', '结果未知'),
  waiting: both('No message', '无消息'),
  clicked: both('Clicked', '点击'),
  redeemed: both('Redeemed', '核销'),
  ordered: both('Ordered', '下单'),
  messages: both('Messages', '消息'),
  delivered: both('Delivered', '已送达'),
  bounced: both('Bounced', '退信'),
  unreported: both('No report', '无回执'),
  complained: both('Complained', '投诉'),
  opened: both('Opened *', '打开 *'),
  programsOnly: both('Programs only', '仅程序点击'),
  reason: both('Reason', '原因'),
  total: both('Total', '合计'),
  conversions: both('Buyers', '购买者'),
  rate: both('Repurchase', '复购率'),
  revenue: both('Revenue', '收入'),
  addBuyers: both('Additional buyers', '新增购买者'),
  addOrders: both('Additional orders', '新增订单'),
  addRevenue: both('Additional revenue', '新增收入'),
  addMargin: both('Additional margin', '新增毛利'),
  messageCost: both('Messages cost', '消息成本'),
  discounts: both('Discounts given', '优惠金额'),
  returnOn: both('Return on spending', '投入回报率'),
  breakEven: both('Orders to break even', '保本新增订单'),
} as const;

const arms: { readonly [arm: string]: Text } = {
  [holdoutArm]: both('holdout', '活动对照组'),
  [globalHoldoutArm]: both('global holdout', '全局对照组'),
};
export const armName = (arm: string): Text => own(arms, arm) ?? both(arm, arm);

const channels: { readonly [channel: string]: Text } = {
  email: both('e-mail', '邮件'),
  sms: both('SMS', '短信'),
  push: both('push', '推送'),
  'in-app': both('in app', '应用内'),
};
export const channelName = (channel: string): Text => own(channels, channel) ?? both(channel, channel);

const reasons: { readonly [reason: string]: Text } = {
  unsubscribed: both('unsubscribed', '已退订'),
  bounced: both('address bounced before', '地址曾退信'),
  complained: both('complained before', '曾投诉'),
  manual: both('stopped by hand', '人工停发'),
  'no-email': both('no e-mail address', '没有邮箱'),
  'no-phone': both('no phone number', '没有手机号'),
  'email-invalid': both('the e-mail address is none', '邮箱地址无效'),
  'phone-invalid': both(
    'the phone number is not in international form (+49 …)',
    '手机号不是国际格式（+86 …）',
  ),
  'no-channel': both('none of the channels reaches them', '没有可用的渠道'),
  'not-suitable': both('the offer does not suit them', '优惠不适合该客户'),
  'sms-not-set-up': both('SMS is not set up', '未配置短信'),
  'push-not-set-up': both('push is not set up', '未配置推送'),
  'no-device': both('no device', '没有设备'),
  'consent-withdrawn': both('consent withdrawn', '已撤回同意'),
  'consent-not-given': both('consent not given', '未同意'),
  capped: both('had as many messages as the caps allow', '已达消息上限'),
  yields: both('gave way to a campaign of higher priority', '让位于更高优先级活动'),
  'offer-expired': both('the offer had expired', '优惠已过期'),
  'too-late': both('it would have come too late', '已来不及发送'),
  'quiet-until-too-late': both('quiet hours until it was too late', '静默时段直至过期'),
  'ramp-up': both('the day’s mails of the ramp-up were used up', '预热期当日邮件额度已用完'),
  'mail-quota': both('the mail account’s quota of 24 hours was used up', '邮件账户 24 小时额度已用完'),
  throttled: both('the channel’s rate was used up', '渠道发送速率已满'),
  'quiet-hours': both('quiet hours', '静默时段'),
  'send-time': both('the send time', '预定发送时间'),
  'being-sent': both('being sent', '发送中'),
  unavailable: both('a service did not answer', '服务未响应'),
  cancelled: both('the campaign was cancelled', '活动已取消'),
  'no-action': both('the arm sends nothing', '该组不发送'),
  'nothing-cart': both('nothing left in the cart', '购物车已空'),
  'nothing-viewed': both('nothing viewed and not bought', '没有浏览未买的商品'),
  'nothing-expiring': both('nothing about to end', '没有即将到期的商品'),
  'nothing-series': both('nothing next in a series', '没有系列下一课'),
  'nothing-completed': both('nothing completed lately', '近期没有完成的商品'),
  'not stated': both('not stated', '未注明'),
};
/** A reason without a name of its own is shown as it is. */
export const reasonName = (reason: string): Text => own(reasons, reason) ?? both(reason, reason);

const rules: { readonly [rule: string]: Text } = {
  agent: both('the program says what it is', '程序自报身份'),
  instant: both('within five seconds of the delivery, or before it', '送达前或送达后五秒内'),
  burst: both('different links within two seconds', '两秒内点击不同链接'),
  visit: both('of the same visit as one of these', '与上述点击同一来源'),
};
export const ruleName = (rule: string): Text => own(rules, rule) ?? both(rule, rule);

/** At the head of a plot: `30-day repurchase`. */
export const metricTitle = (metric: string, windowDays: number): Text => {
  const name = metricText(metric, windowDays);
  return both(name.en, name['zh-CN'].trim().replaceAll(' ', '\u00A0'));
};

/** At the head of a column: `Repurchase`. */
export const metricColumn = (metric: string): Text => {
  const { en, 'zh-CN': zh } = metricName(metric);
  return both(`${en.slice(0, 1).toUpperCase()}${en.slice(1)}`, zh);
};

const covariates: { readonly [covariate: string]: Text } = {
  'before:orders': both('orders in the half-year before', '此前半年的订单数'),
  'before:revenue': both('revenue in the half-year before', '此前半年的收入'),
  'before:recency': both('days since the last order', '距上次下单天数'),
};
/** Within a sentence. */
export const covariateName = (covariate: string): Text =>
  own(covariates, covariate) ?? both(covariate, covariate);

const segments: { readonly [segment: string]: Text } = {
  'orders-before': both('Orders in the half-year before', '此前半年的订单数'),
  'revenue-before': both('Revenue before', '此前收入'),
  'days-since-order': both('Days since the last order', '距上次下单天数'),
};
export const segmentName = (segment: string, value: string): Text => {
  const name = own(segments, segment) ?? both(segment, segment);
  return both(`${name.en}: ${value}`, `${name['zh-CN']}：${value}`);
};
