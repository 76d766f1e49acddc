// Why there is no estimate, and what to do about it: the texts of every reason, in both languages.

import { estimateCustomersCountMin, redeemersCountMin, revenueBuyersCountMin } from '../base/limits.ts';
import { effectiveRowsCountMin, unsupportedShareMax, weightShareMax } from '../base/policy-limits.ts';
import type { NoEstimate, NoEstimateCode, Text } from './result.ts';

export const noEstimate = (code: NoEstimateCode): NoEstimate => ({
  kind: 'no-estimate',
  code,
  ...texts[code],
});

const texts: { readonly [code in NoEstimateCode]: { readonly reason: Text; readonly action: Text } } = {
  'window-open': {
    reason: {
      en: 'The measurement window is still open: some customers have had less time to buy than the window gives.',
      'zh-CN': '测量窗口尚未结束：部分客户的购买时间还不足一个完整窗口。',
    },
    action: {
      en: 'Wait for the final look; reading the difference earlier finds effects that are not there.',
      'zh-CN': '请等待最终分析；提前解读差异容易把偶然当成效果。',
    },
  },
  'no-reference-arm': {
    reason: {
      en: 'No arm was left untreated, so there is nothing to compare with.',
      'zh-CN': '没有保留未触达的对照组，无从比较。',
    },
    action: {
      en: 'Give the next campaign a holdout share above 0, or a variant whose action is none.',
      'zh-CN': '下次活动请设置大于 0 的对照比例，或加入一个动作为 none 的变体。',
    },
  },
  'no-treated-arm': {
    reason: { en: 'No variant sends anything.', 'zh-CN': '没有任何变体会发送内容。' },
    action: {
      en: 'Add a variant with a coupon or a reminder.',
      'zh-CN': '请加入发送优惠券或提醒的变体。',
    },
  },
  'assignment-conflict': {
    reason: {
      en: 'Some customers were assigned to two arms, so the arms are no longer comparable.',
      'zh-CN': '部分客户被分到两个组，各组已不可比。',
    },
    action: {
      en: 'Do not use this run; find out whether a salt or a share changed while it was being assigned.',
      'zh-CN': '请勿使用本次结果；检查分组过程中盐值或比例是否被改动。',
    },
  },
  'sample-ratio-mismatch': {
    reason: {
      en: 'The arms do not hold as many customers as the design says (p < 0.001): some were lost or added on one side.',
      'zh-CN': '各组人数与设计比例不符（p < 0.001）：有客户在某一组丢失或混入。',
    },
    action: {
      en: 'Do not use this run; look for assigned events missing from the archive, or for assignment outside Reprise.',
      'zh-CN': '请勿使用本次结果；检查存档是否缺少分组事件，或是否有系统外的分组。',
    },
  },
  'adaptive-allocation': {
    reason: {
      en: 'The weights of the variants followed their outcomes (Thompson sampling): an ordinary test would call equal variants different far more often than 5% of the time.',
      'zh-CN': '各变体的权重随结果调整（Thompson 采样）：普通检验把相同的变体误判为不同的概率会远高于 5%。',
    },
    action: {
      en: 'Go by the weighted estimates under “bandit”, or run a campaign with fixed weights to test further metrics.',
      'zh-CN': '请以“自适应分配”（bandit）部分的加权估计为准；如需检验其他指标，请使用固定权重的活动。',
    },
  },
  'arm-too-small': {
    reason: {
      en: `An arm of the comparison holds fewer than ${estimateCustomersCountMin} customers.`,
      'zh-CN': `参与比较的某一组不足 ${estimateCustomersCountMin} 位客户。`,
    },
    action: {
      en: 'Widen the audience, use fewer variants, or raise the share of the small arm.',
      'zh-CN': '请扩大受众、减少变体，或提高人数过少一组的比例。',
    },
  },
  'too-few-conversions': {
    reason: {
      en: `An arm of the comparison has fewer than ${revenueBuyersCountMin} buyers: its mean would rest on single orders.`,
      'zh-CN': `参与比较的某一组购买者不足 ${revenueBuyersCountMin} 人，其均值会由个别订单决定。`,
    },
    action: {
      en: 'Go by the repurchase rate, or use a larger audience or a longer window.',
      'zh-CN': '请以复购率为准，或扩大受众、延长窗口。',
    },
  },
  'no-variance': {
    reason: {
      en: 'The value is the same for everybody in both arms, such as nobody ever did it: there is no variation to estimate from.',
      'zh-CN': '两组所有客户的取值都相同（例如无人发生）：没有可供估计的差异。',
    },
    action: {
      en: 'Check that the events it is counted from reach Reprise, or use a larger audience or a longer window.',
      'zh-CN': '请确认相关事件已送达，或扩大受众、延长窗口。',
    },
  },
  'covariates-redundant': {
    reason: {
      en: 'A covariate does not vary, or the others already say what it says, so the adjustment has no single answer.',
      'zh-CN': '某个协变量没有变化，或其信息已被其他协变量完全包含，调整没有唯一解。',
    },
    action: {
      en: 'Leave that covariate out, or go by the unadjusted estimate.',
      'zh-CN': '请去掉该协变量，或以未调整的估计为准。',
    },
  },
  'several-currencies': {
    reason: {
      en: 'Orders in the window are in several currencies, whose sums mean nothing.',
      'zh-CN': '窗口内的订单使用多种货币，金额不能直接相加。',
    },
    action: {
      en: 'Go by the repurchase rate, or send orders in one currency.',
      'zh-CN': '请以复购率为准，或以同一种货币上报订单。',
    },
  },
  'spending-too-small': {
    reason: {
      en: 'Next to nothing was spent, so a return on it says nothing.',
      'zh-CN': '投入几乎为零，回报率没有意义。',
    },
    action: {
      en: 'Look at what was added: orders, revenue and margin.',
      'zh-CN': '请直接看新增的订单、收入与毛利。',
    },
  },
  'costs-unknown': {
    reason: {
      en: 'What some of the items or messages cost is not known.',
      'zh-CN': '部分商品或消息的成本未知。',
    },
    action: {
      en: 'State “cost” in the attributes of the items, and “costs” in the configuration.',
      'zh-CN': '请在商品属性中填写 cost，并在配置中填写 costs。',
    },
  },
  'currencies-differ': {
    reason: {
      en: 'Orders are in another currency than the costs of messages.',
      'zh-CN': '订单货币与消息成本的货币不同。',
    },
    action: {
      en: 'State `costs` in the currency of the orders.',
      'zh-CN': '请以订单的货币填写 costs。',
    },
  },
  'too-few-redeemers': {
    reason: {
      en: `Fewer than ${redeemersCountMin} customers redeemed: their share would rest on single customers.`,
      'zh-CN': `核销优惠券的客户不足 ${redeemersCountMin} 人，其占比会由个别客户决定。`,
    },
    action: {
      en: 'Go by the repurchase rate, or use a larger audience.',
      'zh-CN': '请以复购率为准，或扩大受众。',
    },
  },
  'logs-too-thin': {
    reason: {
      en: `The logs hold too little of what the new policy would do: they are worth fewer than ${effectiveRowsCountMin} rows of it, or one row carries more than ${100 * weightShareMax}% of the weight.`,
      'zh-CN': `日志中与新策略一致的部分太少：折合不足 ${effectiveRowsCountMin} 行，或单独一行占了超过 ${100 * weightShareMax}% 的权重。`,
    },
    action: {
      en: 'Log more exploration, evaluate a policy nearer to the logged one, or run it as an experiment.',
      'zh-CN': '请记录更多探索数据，评估与现行策略更接近的策略，或直接做实验。',
    },
  },
  'logs-lack-support': {
    reason: {
      en: `Much of what the new policy would do was never logged: the mean weight is more than ${100 * unsupportedShareMax} points away from 100%.`,
      'zh-CN': `新策略的许多选择从未出现在日志中：平均权重偏离 100% 超过 ${100 * unsupportedShareMax} 个百分点。`,
    },
    action: {
      en: 'Set explorationDepth in the configuration (40 is a good number), so that items ranked next are shown now and then, log some weeks and ask again; or run the policy as an experiment.',
      'zh-CN':
        '请在配置中设置 explorationDepth（建议 40），让排名靠后的商品偶尔展示，积累数周日志后再评估；或直接做实验。',
    },
  },
  'logs-not-explored': {
    reason: {
      en: 'Nothing was left to chance: every logged item was shown with certainty, so the logs say nothing of what else could have been shown.',
      'zh-CN': '日志没有随机性：每个展示的商品都是必然展示的，无法推断展示其他商品的结果。',
    },
    action: {
      en: 'Set explorationShare above 0 in the configuration, log some weeks and ask again; or run the policy as an experiment.',
      'zh-CN': '请在配置中把 explorationShare 设为大于 0，积累数周日志后再评估；或直接做实验。',
    },
  },
  'logs-not-uniform': {
    reason: {
      en: 'Some actions were likelier than others: replay is right only for logs drawn uniformly.',
      'zh-CN': '各动作的概率并不相等：回放法只适用于均匀随机的日志。',
    },
    action: {
      en: 'Go by the weighted estimates, which use the probabilities as they were logged.',
      'zh-CN': '请以加权估计为准，它们使用记录下来的概率。',
    },
  },
  'outcomes-missing': {
    reason: {
      en: 'None of what was shown led to anything: no click names a recommendation, or no shown item was bought.',
      'zh-CN': '展示内容没有任何结果：没有点击事件注明推荐编号，或展示的商品无人购买。',
    },
    action: {
      en: 'Send Product Clicked with the recommendationId of the answer as recommendation_id, or judge by orders.',
      'zh-CN': '请在 Product Clicked 事件中以 recommendation_id 上报推荐编号，或改用订单作为结果。',
    },
  },
  'too-many-redeemers': {
    reason: {
      en: 'More customers redeemed than bought: redemptions and orders do not fit together.',
      'zh-CN': '核销人数多于购买人数：核销与订单对不上。',
    },
    action: {
      en: 'Check that every redeemed order reaches Reprise as an event with the same order id.',
      'zh-CN': '请确认每个核销的订单都以相同的订单号上报。',
    },
  },
};
